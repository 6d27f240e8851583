"""The statistics of value_for_money as an ordinary package: arrays and frames in, arrays and frames out."""
