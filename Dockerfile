# For Astro (`astro dev start`, `astro deploy`). Not built or tested in this project, whose own checks run without Docker;
# the image installs requirements.txt and packages.txt by itself. 3.3-2 is the newest Airflow 3.3 image that we know of.
FROM astrocrpublic.azurecr.io/runtime:3.3-2
