"""How a model counts tokens, against our estimate."""

STATEMENTS = ("ALTER TABLE model_profile ADD COLUMN token_ratio REAL",)
