# 医疗机构药房。
hospital-title = 药房
hospital-dispense = 调配给患者或病区
hospital-dispensed = { $day } 调配
hospital-none = 今日尚无调配。
hospital-more = 今日还有更多账目：见专用账册。
