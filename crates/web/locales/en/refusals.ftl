# Refusals are told in the domain’s own sentences; an entry refusal-CODE here would go before them.
# Between several words that a refusal puts in.
refused-or = { " or " }
