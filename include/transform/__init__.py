"""Match, precedence, queries, plan: SQL over staging, without network, clock or Airflow."""
