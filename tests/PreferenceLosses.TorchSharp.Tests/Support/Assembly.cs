// Numbers of tensors, seeds and threads of libtorch are those of the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
