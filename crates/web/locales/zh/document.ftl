# 准许证与签注文件。
document-pdf = PDF 文件
document-endorsement-pdf = 签注 PDF 文件
document-endorsement = 货物签注
document-endorsement-title = 出口准许证 { $number } 的签注
document-permit-title = 出口准许证 { $number }
document-authorization-title = 进口准许证 { $number }
document-permitted = 准许数量
document-departed = 离境数量
document-arrived = 到货数量
document-departure = 离境签注
document-arrival = 到货签注
document-permit = 出口准许证
document-not-yet = 尚无
document-foot = 以账本条目为准，纸面不作凭据。该条目在账本中的证明附于本文件。
document-replaced = 本文件字体缺少名称中的以下字符，以其码位表示：
document-proof = 条目 { $entry } 在账本 { $log } 中的证明：用 countersign-verify proof 查验
