# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the image, the host program and everything around them; `make help` lists the targets.
