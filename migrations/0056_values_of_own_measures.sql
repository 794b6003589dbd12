-- What a unit is worth in a buyer's own catalogue is a plain decimal of bounded length. Catalogues in JSON were once read
-- without that bound: 1E+900000 was taken, and whoever reckoned with it waited. Such a value was never usable; it goes,
-- and its measure stays. What only had an exponent, such as 1E+3, is written out.
UPDATE own_catalogues AS own
SET
    measures = (
        SELECT
            jsonb_agg(
                CASE
                    WHEN given.value IS NULL OR given.value ~ '^-?[0-9]{1,15}(\.[0-9]{1,12})?$' THEN measure
                    WHEN plain.value ~ '^-?[0-9]{1,15}(\.[0-9]{1,12})?$'
                        THEN jsonb_set(measure, '{value}', to_jsonb(plain.value))
                    ELSE jsonb_set(measure, '{value}', 'null')
                END
                ORDER BY number
            )
        FROM jsonb_array_elements(own.measures) WITH ORDINALITY AS listed (measure, number)
        CROSS JOIN LATERAL (SELECT measure ->> 'value' AS value) AS given
        CROSS JOIN LATERAL (
            SELECT
                CASE
                    WHEN given.value ~ '^-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$'
                        THEN trim_scale(given.value::numeric)::text
                END AS value
        ) AS plain
    )
WHERE
    EXISTS (
        SELECT FROM jsonb_array_elements(own.measures) AS listed (measure)
        WHERE measure ->> 'value' !~ '^-?[0-9]{1,15}(\.[0-9]{1,12})?$'
    );
