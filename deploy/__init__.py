"""How the project runs on one machine: a real Airflow beside the sandbox, driven from the Makefile."""
