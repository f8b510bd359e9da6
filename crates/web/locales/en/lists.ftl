# What lists share.
lists-all = All
lists-filter = Filter
lists-filters = Filters
lists-page = Page { $page } of { $pages }
lists-pages = Pages
lists-before = Previous page
lists-after = Next page
lists-csv = Download this list (CSV)
lists-none = None
lists-actions = What you can do
