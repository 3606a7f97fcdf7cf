CREATE SCHEMA _pgro_amcheck;
CREATE EXTENSION amcheck SCHEMA _pgro_amcheck;
