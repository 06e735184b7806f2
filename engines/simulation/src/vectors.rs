//! Inner loops compiled twice: for the vectors that every x86-64 processor has, and for AVX2 where there is more.

/// Defines a function whose body is compiled a second time for AVX2; every call takes what the machine can do. Nothing is
/// fused or reordered, so both give the same bits. The dispatch costs one load and one branch: give such a function at
/// least a row of work.
macro_rules! widest_vectors {
    (
        $(#[$meta:meta])*
        $visibility:vis fn $name:ident $(<$generic:ident : $bound:path>)?
        ($($argument:ident : $type:ty),* $(,)?) $(-> $output:ty)? $body:block
    ) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $visibility fn $name $(<$generic: $bound>)? ($($argument: $type),*) $(-> $output)? {
            #[inline(always)]
            fn portable $(<$generic: $bound>)? ($($argument: $type),*) $(-> $output)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn wide $(<$generic: $bound>)? ($($argument: $type),*) $(-> $output)? {
                    portable $(::<$generic>)? ($($argument),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: `wide` needs nothing but AVX2, which this processor was just found to have.
                    #[allow(unsafe_code)]
                    return unsafe { wide $(::<$generic>)? ($($argument),*) };
                }
            }
            portable $(::<$generic>)? ($($argument),*)
        }
    };
}

pub(crate) use widest_vectors;
