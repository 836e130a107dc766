"""Series of samples: screened, one source selected a minute, rolled up."""
