//! Reads the samples of any MP4 and writes them as CMAF.
