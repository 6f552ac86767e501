using PreferenceLosses.Cli.Json;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Evaluation;

/// <summary>Losses from files, for the commands that take them.</summary>
internal static class LossFiles
{
    /// <summary>The loss that a file describes as JSON.</summary>
    public static PreferenceLoss Spec(string path, LossCatalog catalog, TextReader standardInput)
    {
        using var document = JsonText.Parse(InputFile.Read(path, standardInput), $"The file '{path}'");
        return LossChoice.FromSpec(catalog, document.RootElement);
    }

    /// <summary>The loss that a file has as a Python function; what was mended to read it goes to the error stream.</summary>
    public static PreferenceLoss Python(string path, TextReader standardInput, TextWriter error)
    {
        var read = LossChoice.FromPython(InputFile.Read(path, standardInput), $"The file '{path}'");
        foreach (var note in read.Notes)
        {
            error.Write($"{CommandLineApp.Name}: {note}\n");
        }

        error.Flush();
        return read.GetLoss();
    }
}
