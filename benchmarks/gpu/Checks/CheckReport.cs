using PreferenceLosses.Cuda;

namespace PreferenceLosses.Gpu.Checks;

/// <summary>Counts checks, and writes a line for each that failed.</summary>
internal sealed class CheckReport(TextWriter output)
{
    // Errors after which nothing of the context can be used: a kernel reached memory that is not there, or did not end well.
    private static readonly int[] LostContext = [700, 702, 709, 714, 715, 716, 717, 718, 719];

    private readonly SortedSet<string> refusals = [];

    /// <summary>How many checks there were.</summary>
    public int Checks { get; private set; }

    /// <summary>How many of them failed.</summary>
    public int Failures { get; private set; }

    /// <summary>Whether the device is lost, so that all other checks would fail too.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Does a check, which says what is wrong, or null.</summary>
    public void Check(string what, Func<string?> check)
    {
        if (IsLost)
        {
            return;
        }

        Checks++;
        try
        {
            if (check() is { } wrong)
            {
                Fail(what, wrong);
            }
        }
        catch (NotSupportedException e)
        {
            Checks--;
            refusals.Add(e.Message);
        }
        catch (Exception e)
        {
            // A device that gives wrong values can make anything throw that reads them, such as a batch that is refused for a NaN: whatever it is, this check
            // failed, and the others say more.
            Fail(what, (e is CudaException ? e.Message : $"{e.GetType().Name}: {e.Message}").ReplaceLineEndings(" "));
            if (e is CudaException cuda && LostContext.Contains(cuda.Error))
            {
                IsLost = true;
                output.WriteLine("The device is lost to this process: nothing else was checked.");
            }
        }
    }

    /// <summary>Writes what the library refuses, and the numbers.</summary>
    public void Conclude()
    {
        foreach (var refusal in refusals)
        {
            output.WriteLine($"refused: {refusal}");
        }

        output.WriteLine(FormattableString.Invariant($"{Checks} checks, {Failures} failed"));
    }

    private void Fail(string what, string wrong)
    {
        Failures++;
        output.WriteLine($"FAILED {what}: {wrong}");
    }
}
