-- Stands for another branch's migration.
SELECT 1;
