"""Uploads in resumable parts: the tus protocol, the parts on disk, and the patient's page."""
