-- Whether an identity provider's access tokens must be of the type at+jwt (RFC 9068), or may be plain JWTs.

ALTER TABLE identity_providers
ADD COLUMN token_type text NOT NULL DEFAULT 'at+jwt'
CONSTRAINT identity_providers_issue_tokens_of_a_known_type CHECK (token_type IN ('at+jwt', 'JWT'));
