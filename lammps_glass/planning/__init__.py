"""What a study costs: rates of this machine, measured on a miniature of the study, and the sum over its cases."""
