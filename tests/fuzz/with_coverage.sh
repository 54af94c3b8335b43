#!/bin/sh
# rustc, with what libFuzzer sees a crate's branches by. Only the parsers and their checks: all the
# other crates stay as every build makes them, and need not be built again.
case $CARGO_PKG_NAME in
    iam-key-rotator | fuzz)
        exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
            -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
            -Cllvm-args=-sanitizer-coverage-pc-table \
            -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing
        ;;
esac
exec "$@"
