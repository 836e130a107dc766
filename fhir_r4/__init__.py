"""FHIR R4 resources: what this system knows as others read it, and what others write for it. Pure.

Shaped like HL7's Physical Activity guide where it has a form, and without a national profile. It
makes values for JSON and sends nothing. Raw samples stay out.
"""
