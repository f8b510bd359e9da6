# Authorizations, permits and endorsements as documents.
document-pdf = As a PDF
document-endorsement-pdf = Endorsement as a PDF
document-endorsement = Endorsement of a consignment
document-endorsement-title = Endorsement of export permit { $number }
document-permit-title = Export permit { $number }
document-authorization-title = Import authorization { $number }
document-permitted = Permitted
document-departed = Departed
document-arrived = Arrived
document-departure = Departure endorsed
document-arrival = Arrival endorsed
document-permit = Export permit
document-not-yet = Not yet
document-foot = What counts is the entry of the log, not this paper. The proof that it is there is attached to this file.
document-replaced = The letters of this document do not have every character of its names. These are written as their code points:
document-proof = Proof that entry { $entry } is in the log { $log }: to be checked with countersign-verify proof
