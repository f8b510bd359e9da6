# Letters to persons: they say that something waits, and nothing of what it is.
notice-decision = A decision waits for you
notice-partner = A message of a partner authority waits for you
notice-application = An application waits for you
notice-goods = Goods are on their way to you
notice-order = Something has happened to an order
notice-permit = A permit was issued to you
notice-enrolment = You may set up a new password: an administrator will hand you a link and a code
notice-credentials = Your password or your second factor was changed. If it was not you, tell an administrator at once
notice-see = Sign in to see it:
notice-why = You get this because you gave { $authority } your address for notices. You can change it on the page of your account.
