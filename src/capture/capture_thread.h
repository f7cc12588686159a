#pragma once

namespace webcodecs {

class CaptureSource;

// Captures the source until it ends, fails for good, or is stopped: connects, and connects again when the connection is lost.
void RunCapture(CaptureSource* source);

}  // namespace webcodecs
