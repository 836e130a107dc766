"""Sign-in at the clinician door: OpenID Connect, session cookie, forms that only this door served."""
