# The words of the law’s values: value-WORD, and value-FIELD-WORD where a word means something else in that field.

# Roles
value-licensing-officer = licensing officer
value-planning-officer = planning officer
value-permit-officer = permit officer
value-approver = approver
value-inspector = inspector
value-chief-inspector = chief inspector
value-trainer = trainer
value-statistician = statistician
value-auditor = auditor
value-administrator = administrator
value-customs-officer = customs officer
value-operator = operator
value-exchange = exchange with partners
value-responsible = responsible person
value-clerk = clerk

# Kinds of site
value-substance-maker = maker of bulk substance
value-finished-maker = maker of finished forms
value-importer = importer
value-exporter = exporter
value-national-wholesaler = national wholesaler
value-regional-wholesaler = regional wholesaler
value-institution = hospital or other medical institution
value-pharmacy = retail pharmacy
value-research = research body

# Activities
value-manufacture-substance = manufacture of bulk substance
value-manufacture-preparation = manufacture of finished forms
value-wholesale-national = wholesale in the whole country
value-wholesale-regional = wholesale in one province
value-purchase = purchase for patients or research

# Standing of a licence
value-in-force = in force
value-not-yet = not yet in force
value-ended = ended

# Stages of a case; suspended is a licence’s standing too
value-draft = draft
value-requested = waiting for confirmation
value-queried = waiting for the answer to a question
value-confirmed = confirmed
value-refused = refused
value-issued = permit issued
value-suspended = suspended
value-held = held at customs
value-departed = departed
value-discrepant = discrepant
value-closed = closed
value-expired = expired unused
value-revoked = revoked
value-returning = coming back
value-returned = came back
value-diverted = diverted

# Sides of a case
value-exporting = export
value-importing = import

# Status of an order
value-open = open
value-supplied = supplied
value-withdrawn = withdrawn
value-declined = declined

# Status of a proposal
value-waiting = waiting for a second person
value-approved = approved
value-rejected = rejected

# Movements
value-opening = opening stock
value-manufacture = manufacture
value-re-export = to be exported again
value-lot-feed = fed to a lot
value-lot-yield = yielded by a lot
value-use-in-manufacture = used in manufacture
value-dispatch = dispatched
value-receive = received
value-cancel-dispatch = taken back on the way
value-reclassify = moved within the site
value-import = import
value-export = export
value-dispense = dispensed
value-destroy = destroyed
value-lose = lost or stolen
value-lose-in-transit = lost on the way
value-find = found
value-count = count

# Compartments
value-stock = stock
value-quarantine = quarantine
value-awaiting-destruction = awaiting destruction
value-special = special stocks

# Instruct and report
value-instruct = instruction: do it now
value-report = report: it has happened

# Inspections
value-regular = regular patrol
value-surprise = unannounced
value-kind-special = for a special purpose
value-critical = critical
value-major = major
value-minor = minor

# Trade
value-medical = medical
value-scientific = scientific
value-purpose-manufacture = manufacture of preparations or other drugs
value-single = one consignment
value-several = several consignments
value-measurement = scales and rounding
value-loss = lost on the way
value-theft = stolen on the way
value-documents = a figure was written down wrong

# Schedules
value-I = Schedule I
value-II = Schedule II
value-III = Schedule III
value-IV = Schedule IV
value-I-IV = Schedules I and IV

# Policies and what they can be
value-two-person-receipt = Receipt by two persons
value-process-loss-tolerance-ppm = Tolerated process loss, in millionths
value-hospital-return = How an institution’s return counts
value-confirmation = Who answers a request for confirmation
value-two-person-confirmation = Confirmation by two persons
value-export-permit-days-max = Longest export permit, in days
value-totals-stale-days = Days until a published total is old
value-endorsement-days = Days until an arrival should be endorsed
value-overdue-endorsements-bar = Overdue endorsements that bar new permits (0: none)
value-shipment-tolerance-ppm = Tolerated difference of a consignment, in millionths
value-negative-consumption = less consumption
value-found = found
value-officer = an officer, always
value-automatic = at once on an exact match

# Enrolment
value-all = password and second factor
value-password = the password alone

# Rules that a report broke, by the refusal’s code
breach-licence-missing = no licence
breach-licence-not-yet-valid = licence not yet in force
breach-licence-expired = licence ended
breach-licence-suspended = licence suspended
breach-licence-revoked = licence revoked
breach-site-closed = site closed
breach-channel-closed = no channel
breach-channel-other-province = another province
breach-channel-approval-missing = no approval for the two sites
breach-channel-emergency-only = channel for emergencies only
breach-order-unknown = unknown order
breach-order-not-open = order not open
breach-order-of-another = order of another site
breach-order-item-unknown = not on the order
breach-order-exceeded = more than ordered
breach-batch-unknown = unknown batch
breach-batch-of-another-site = batch of another site
breach-batch-closed = batch has left its maker
breach-batch-expiry-differs = other expiry date
breach-before-opening = before the books begin
breach-before-dispatch = before it was sent
breach-lot-day-before-feed = before the lot was fed
breach-account-moved-since = account has moved since
breach-held = under a hold
breach-batch-expired = batch expired
breach-stock-insufficient = not enough stock
breach-transit-insufficient = not so much on the way
breach-lot-overdrawn = more than the lot holds
breach-loss-reason-missing = process loss without a reason
breach-import-authorization-missing = no import authorization
breach-import-authorization-cancelled = import authorization cancelled
breach-import-authorization-not-begun = before the import authorization
breach-import-authorization-expired = import authorization ended
breach-import-authorization-mismatch = unlike the import authorization
breach-import-authorization-exceeded = beyond the import authorization
breach-consignment-unknown = unknown consignment
breach-export-permit-missing = no export permit
breach-export-permit-not-in-force = export permit not in force
breach-export-permit-expired = export permit ended
breach-export-permit-not-begun = before the export permit
breach-export-permit-mismatch = unlike the export permit
breach-export-permit-exceeded = beyond the export permit
breach-goods-not-in-consignment = not on the permit
breach-consignment-divided = consignment divided
breach-arrival-before-departure = arrived before it left
breach-maker-not-designated = no licence to make it
breach-quota-missing = no quota
breach-quota-exceeded = beyond the quota
breach-plan-missing = no plan
breach-ceiling-exceeded = beyond the stock ceiling
breach-witness-not-officer = no witness of the authority
breach-witness-twice = one witness only
breach-approval-missing = without a second person

# Why a partner’s receipt refuses a message of ours, by its code
receipt-unknown-version = The partner does not know this form of message
receipt-message-expired = It came after the last moment at which it may be taken
receipt-unknown-kind = The partner knows no message of this kind
receipt-body-unreadable = The content is not what its kind demands, or its lines are of nothing, or name goods twice
receipt-not-concerned = It is about other countries than those of the two authorities
receipt-within-country = It is about trade between countries, and both authorities are of provinces of one: goods go from one to the other under a dispatch.
receipt-import-authorization-known = An import authorization of this number was sent before
receipt-import-authorization-unknown = No import authorization of this number was sent
receipt-case-missing = It names no case
receipt-case-known = A case of this number was begun before
receipt-case-unknown = The partner knows no case of this number
receipt-case-of-another = The case is not between these two authorities
receipt-out-of-place = The case is not where such a message belongs, or it is the other side’s to send
receipt-request-differs = It answers another request than the one that was sent
receipt-consignment-differs = The consignment is not the one that was asked for
receipt-permit-unknown = It names another export permit than the one of the case
receipt-goods-have-moved = The permit cannot be endorsed as not used: goods have left or arrived
receipt-import-authorization-over = the import authorization was cancelled: it is not amended any more
receipt-version-old = it is known already, or a later one is
receipt-trade-statement-missing = The partner has proposed no statement for the year
receipt-trade-statement-differs = It answers another statement than the last one that was proposed
receipt-trust-file-older = The key file in it is older than the one in force
receipt-root-differs = The key file in it is signed by another root key
receipt-identity-differs = The key file in it has another country or another log
receipt-key-unfit = The key in it has ended, begins too late, was used before or is another’s
receipt-key-file-bad = The key file in it is not signed by its root key
value-outcome-explained = Explained
value-outcome-missing = Something is missing
value-outcome-sent-back = Sent back
value-outcome-seized = Seized
value-province-out = received in another province
value-province-in = received from another province
receipt-site-unknown = The receiver has no such site in its register, or was told of none
receipt-dispatch-known = A dispatch of this number was told before
receipt-dispatch-unknown = No dispatch of this number was told
