"""Sign-in at the clinician door: OpenID Connect, the session cookie and tokens of forms."""
