namespace PreferenceLosses.Training;

/// <summary>Work on a range in chunks, on as many threads as there are. What a chunk is does not depend on the number of threads.</summary>
internal static class Chunks
{
    /// <summary>Calls a function for each chunk.</summary>
    /// <param name="count">The length of the range.</param>
    /// <param name="size">The length of a chunk; the last one may be shorter.</param>
    /// <param name="maxThreads">The largest number of threads; 0 for one per core.</param>
    /// <param name="body">From, and to (not included).</param>
    public static void For(int count, int size, int maxThreads, Action<int, int> body)
    {
        var chunks = (count + size - 1) / size;
        if (chunks <= 1 || maxThreads == 1)
        {
            for (var chunk = 0; chunk < chunks; chunk++)
            {
                body(chunk * size, Math.Min(count, (chunk + 1) * size));
            }

            return;
        }

        var threads = new ParallelOptions { MaxDegreeOfParallelism = maxThreads == 0 ? Environment.ProcessorCount : maxThreads };
        Parallel.For(0, chunks, threads, chunk => body(chunk * size, Math.Min(count, (chunk + 1) * size)));
    }
}
