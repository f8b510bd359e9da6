# The pharmacy of an institution.
hospital-title = Pharmacy
hospital-dispense = Dispense to a patient or ward
hospital-dispensed = Dispensed on { $day }
hospital-none = Nothing was dispensed today.
hospital-more = There are more lines of today: see the register.
