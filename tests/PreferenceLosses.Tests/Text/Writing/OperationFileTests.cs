using System.Runtime.CompilerServices;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Text.Writing;

/// <summary>The file with one loss for each operation, which the oracle runs in PyTorch, is what the library writes.</summary>
public class OperationFileTests
{
    [Fact]
    public void The_committed_file_has_every_operation()
    {
        var lines = string.Concat(OperationLosses.All.Select(loss => LossJson.Serialize(loss) + "\n"));
        var committed = Path.Combine(AppContext.BaseDirectory, "Oracle", "operations.jsonl");
        if (!File.Exists(committed) || File.ReadAllText(committed) != lines)
        {
            var received = Path.Combine(Folder(), "operations.received.jsonl");
            File.WriteAllText(received, lines);
            Assert.Fail($"Oracle/operations.jsonl is not what the library writes; if the difference is meant, move {Path.GetFileName(received)} over it.");
        }
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "Oracle"));
}
