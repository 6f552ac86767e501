// libtorch has threads of its own, and the counts of tensors that tests look at are those of the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
