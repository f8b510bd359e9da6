# Names and quantities of the register. A substance, form, unit or country without words here keeps its registered name.
item-bulk = { $substance } { $form } (bulk)
amount-units = { $amount } { $unit }
amount-grams = { $amount } g
