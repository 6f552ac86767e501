using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>A line that gives a part of a formula its name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Text">What it stands for.</param>
/// <param name="Level">How many definitions it is built on, one on the other.</param>
internal sealed record Definition(string Name, string Text, int Level);

/// <summary>
/// Formulas as text, cut into lines: named sub-expressions, what is used several times, and what would be too long get a name. So the
/// text grows with the number of nodes, however they are shared, and its nesting stays small.
/// </summary>
internal sealed class Layout(Notation notation, Names names)
{
    private readonly Dictionary<Expr, Piece> named = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Expr, int> levels = new(ReferenceEqualityComparer.Instance);
    private int unnamed;

    /// <summary>Writes formulas down. What an earlier call gave a name keeps it, and is not defined again.</summary>
    /// <returns>The definitions, each after those that it uses, and the formulas.</returns>
    public (ImmutableArray<Definition> Definitions, ImmutableArray<Piece> Formulas) Write(ImmutableArray<Expr> roots)
    {
        var order = NodeOrder.Of(roots);
        var words = new Dictionary<Expr, Piece>(ReferenceEqualityComparer.Instance);
        var uses = CountUses(roots, order, words);
        var isRoot = new HashSet<Expr>(roots, ReferenceEqualityComparer.Instance);

        var pieces = new Dictionary<Expr, Piece>(ReferenceEqualityComparer.Instance);
        var definitions = ImmutableArray.CreateBuilder<Definition>();
        foreach (var node in order)
        {
            if (!uses.TryGetValue(node, out var count))
            {
                continue;
            }

            if (named.TryGetValue(node, out var known))
            {
                pieces[node] = known;
                continue;
            }

            var isWord = words.TryGetValue(node, out var word);
            var piece = isWord ? word : notation.Render(node, [.. node.Operands.Select(operand => pieces[operand])]);
            var isDefined = node.Operation switch
            {
                Operation.Named => !isWord || count > 1,
                _ when node.Operation.IsLeaf() => false,
                _ => (count > 1 && !notation.IsShort(node, piece)) || (notation.IsLong(piece) && !isRoot.Contains(node)),
            };
            levels[node] = (isDefined ? 1 : 0) + node.Operands.Select(operand => levels.GetValueOrDefault(operand)).DefaultIfEmpty().Max();
            pieces[node] = isDefined ? Define(node, piece, definitions) : piece;
        }

        return (definitions.ToImmutable(), [.. roots.Select(root => pieces[root])]);
    }

    /// <summary>How often each node that has to be written is written; the nodes that the notation has words for are found on the way.</summary>
    private Dictionary<Expr, int> CountUses(ImmutableArray<Expr> roots, List<Expr> order, Dictionary<Expr, Piece> words)
    {
        var uses = new Dictionary<Expr, int>(ReferenceEqualityComparer.Instance);
        void Use(Expr node, int times) => uses[node] = uses.GetValueOrDefault(node) + times;

        foreach (var root in roots)
        {
            Use(root, 1);
        }

        for (var i = order.Count - 1; i >= 0; i--)
        {
            var node = order[i];
            if (!uses.ContainsKey(node) || named.ContainsKey(node))
            {
                continue;
            }

            if (notation.WordFor(node) is { } word)
            {
                words[node] = word;
                continue;
            }

            foreach (var operand in node.Operands.Distinct<Expr>(ReferenceEqualityComparer.Instance))
            {
                Use(operand, notation.Repetitions(node));
            }
        }

        return uses;
    }

    private Piece Define(Expr node, Piece piece, ImmutableArray<Definition>.Builder definitions)
    {
        var name = names.Take(node.Operation == Operation.Named ? notation.NameOf(node.Name!) : notation.NumberedName(++unnamed));
        var value = notation.Value(piece);
        definitions.Add(new Definition(name, notation.Text(value), levels[node]));
        return named[node] = notation.Variable(name, value);
    }
}
