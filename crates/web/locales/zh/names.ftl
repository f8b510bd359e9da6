# 登记册中的名称与数量。此处没有译名的，沿用登记名称。
item-bulk = { $substance } { $form }（原料药）
amount-units = { $amount } { $unit }
amount-grams = { $amount } 克
