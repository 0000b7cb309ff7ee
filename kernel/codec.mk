# SPDX-License-Identifier: GPL-2.0-or-later
# The page codecs and the pinned sources they include (build/deps); `make CODECS=lzo` builds a smaller image.
CODECS ?= lzo zstd zlib
codec_obj := kernel/dump/codec.o $(patsubst %,kernel/dump/codec_%.o,$(CODECS))

# What the libraries' own sources would be warned about is not ours to change: -isystem. Every page goes
# through them: -O2. GCC's <limits.h> has no libc's below it.
codec_includes := -isystem build/deps/lzo2/include -isystem build/deps/lzo2/src \
	-isystem build/deps/libzstd/lib -isystem build/deps/libzstd/lib/common -isystem build/deps/libdeflate
$(patsubst %,$(B)/kernel/kernel/dump/codec_%.o,lzo zstd zlib): codec_cflags := -O2 -D_LIBC_LIMITS_H_ $(codec_includes)

# The smallest image remembers fewer early pages: it must fit 640 KiB.
ifeq ($(strip $(CODECS)),lzo)
$(B)/kernel/kernel/dump/early.o $(B)/kernel/kernel/dump/kdump.o: codec_cflags += -DEARLY_FEW
endif
$(B)/kernel/kernel/dump/early.o $(B)/kernel/kernel/dump/kdump.o: $(B)/codecs.stamp
