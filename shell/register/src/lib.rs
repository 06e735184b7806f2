//! A register is declared once: table page, Excel, CSV, JSON, data dictionary follow
