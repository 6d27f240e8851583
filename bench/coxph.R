# One contender of bench/cox.py: R's survival::coxph. Prints seconds and coefficients as JSON.
suppressMessages(library(survival))
arguments <- commandArgs(TRUE)
kind <- arguments[1]
folder <- arguments[2]
numbers <- as.integer(arguments[3:6])
n <- numbers[1]
p <- numbers[2]
read <- function(name, count) readBin(file.path(folder, name), "double", count)
X <- matrix(read("X", n * p), n, p)
y <- Surv(read("duration", n), read("event", n))
person <- read("person", n)
weights <- matrix(read("weights", 10 * n), n)
ties <- if (kind == "efron") "efron" else "breslow"
fit <- function(...) {
  if (kind == "clustered") coxph(y ~ X, ties = ties, cluster = person, ...) else coxph(y ~ X, ties = ties, ...)
}
seconds <- function(code) system.time(code)[["elapsed"]]
json <- function(v) paste0("[", paste(sprintf("%.17g", v), collapse = ","), "]")

fit_seconds <- replicate(numbers[3], seconds(fit()))
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 60)
exact <- fit(control = tight)  # not timed: its own stopping rule ends at 1e-9
refit_seconds <- c()
refit_coefficients <- c()
for (i in seq_len(numbers[4])) {
  w <- weights[, i]
  at <- w > 0  # a weight must be above 0
  refit_seconds[i] <- seconds(
    again <- coxph(y[at] ~ X[at, ], weights = w[at], ties = ties, init = coef(exact), robust = FALSE)
  )
  if (i == 1) {
    again <- coxph(y[at] ~ X[at, ], weights = w[at], ties = ties, init = coef(exact), robust = FALSE, control = tight)
    refit_coefficients <- coef(again)
  }
}
cat(sprintf(
  '{"fit":%s,"refit":%s,"coefficients":%s,"errors":%s,"refit_coefficients":%s}\n',
  json(fit_seconds), json(refit_seconds), json(coef(exact)), json(sqrt(diag(vcov(exact)))), json(refit_coefficients)
))
