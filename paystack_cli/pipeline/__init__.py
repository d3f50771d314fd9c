"""The pipeline of the Jenkinsfile, run without Jenkins: `scripts/pipeline`."""
