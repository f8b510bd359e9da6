# What lists of several pages share.
shown-pages = Pages
shown-page = Page { $number }
shown-before = Previous page
shown-after = Next page
shown-all = all
shown-filter = Filter
shown-csv = This table as CSV
shown-acts = What you can do
shown-stopped = More were found than are shown. Be more exact.
