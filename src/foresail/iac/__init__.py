"""A plan as infrastructure as code: Terraform or CloudFormation, written instead of applied."""

from foresail.iac.writing import FORMATS, Code, as_code

__all__ = ["FORMATS", "Code", "as_code"]
