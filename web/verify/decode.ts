// Reads QR codes where the browser does not; loaded when somebody scans.

export { BarcodeDetector } from "qr/decode.js";
