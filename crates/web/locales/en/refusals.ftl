# Refusals are told in the domain’s own sentences; an entry refusal-CODE here would go before them.
# Between several words that a refusal puts in.
refused-or = { " or " }
refusal-passage-not-through = { $passage } begins or ends in { $country }: only what comes from one other country and goes to a second passes through.
refusal-passage-not-in-stage = The passage { $passage } is { $stage }; this needs one that is { $needed }.
refusal-passage-copy-missing = The passage { $passage } has no copy of an export authorization that is good: { $why }.
refusal-repacking-not-permitted = Nobody has permitted to alter the packing of { $passage }. If it is altered all the same, detain the goods.
refusal-passage-elsewhere = { $passage } goes to { $named }, as its export authorization says, and not to { $found }. To let it go there is a new export.
refusal-passage-diversion-open = The new export { $case } of the passage { $passage } is not at its end: let it end, or withdraw it.
refusal-leaves-with-passage = The goods of { $case } are the passage { $passage }: their departure is recorded there.
refusal-passage-incident-missing = What is missing or seized of the passage { $passage } is an incident: name its number.
