"""One backtest of many series: policies replayed, settings chosen on the past, money and risk."""
