-- Whether an identity provider's access tokens have no type in their header, as those of Cognito and Okta.

-- Beside token_type, which stays what it was: a program that does not know the column believes such tokens of nobody.
ALTER TABLE identity_providers
ADD COLUMN untyped boolean NOT NULL DEFAULT FALSE;
