# 多页列表共有的文字。
shown-pages = 分页
shown-page = 第 { $number } 页
shown-before = 上一页
shown-after = 下一页
shown-all = 全部
shown-filter = 筛选
shown-csv = 本表 CSV 文件
shown-acts = 可进行的操作
shown-stopped = 结果多于所列。请输入更准确的内容。
