"""Series of samples: they are screened, a source is selected for each minute, and rolled up."""
