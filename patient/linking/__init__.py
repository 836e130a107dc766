"""How a patient links an account: the page of a link, the consent, and the way through a vendor."""
