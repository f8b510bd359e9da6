# 各列表共用的文字。
lists-all = 全部
lists-filter = 筛选
lists-filters = 筛选条件
lists-page = 第 { $page } 页，共 { $pages } 页
lists-pages = 分页
lists-before = 上一页
lists-after = 下一页
lists-csv = 下载此列表（CSV）
lists-none = 无
lists-actions = 可进行的操作
