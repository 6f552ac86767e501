using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PreferenceLosses;

/// <summary>Tells a column of no rows (an empty array) from a column that was left out (no span at all).</summary>
internal static class GivenSpans
{
    extension<T>(ReadOnlySpan<T> span)
    {
        /// <summary>Whether there is a span, be it empty. A collection expression without elements, <c>[]</c>, is none.</summary>
        public bool IsGiven => !Unsafe.IsNullRef(ref MemoryMarshal.GetReference(span));
    }
}
