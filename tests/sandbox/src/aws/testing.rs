//! A caller for the tests of the simulation.
