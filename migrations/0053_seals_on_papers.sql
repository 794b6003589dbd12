-- The signature that is put behind the own bytes of a paper, a record and a report on spend, as of evaluation reports.
ALTER TABLE paper_files ADD COLUMN signature bytea;
ALTER TABLE record_file_contents ADD COLUMN signature bytea;
ALTER TABLE spend_report_files ADD COLUMN signature bytea;
