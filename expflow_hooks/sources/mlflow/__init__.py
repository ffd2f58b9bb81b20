"""MLflow as a source: a tracking server over REST, or its SQLite file or `mlruns` folder where it is."""
