"""What every use case is given: folders, competition, images, experiments; HTML of results."""
