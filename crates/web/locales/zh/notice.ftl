# 发给个人的通知：只说有事待办，不说内容。
notice-decision = 有一项决定待您处理
notice-partner = 有一份对方主管机关的消息待您处理
notice-application = 有一份申请待您处理
notice-goods = 有货物正在发往贵单位
notice-order = 有订单发生变化
notice-permit = 已向贵单位签发准许证
notice-enrolment = 您可以重新设置密码：管理员会交给您一个链接和一个代码
notice-credentials = 您的密码或第二验证因素已更改。如非本人操作，请立即告知管理员
notice-see = 请登录查看：
notice-why = 您收到此信，是因为您向{ $authority }登记了接收通知的地址。您可以在账户页面更改。
